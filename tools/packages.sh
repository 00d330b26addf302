# Installs the Debian packages that a script needs and the machine lacks. Sourced, not run:
#   . tools/packages.sh; need crun:crun gcc:gcc     (command-or-file:package pairs)
# A missing package without apt-get or without root is an error that names what to install.

need() {
  local missing=() pair probe
  for pair in "$@"; do
    probe=${pair%%:*}
    case $probe in
      /*) compgen -G "$probe" >/dev/null || missing+=("${pair#*:}") ;;
      *) command -v "$probe" >/dev/null || missing+=("${pair#*:}") ;;
    esac
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "$0: these packages are needed and missing (names as in Debian): ${missing[*]}" >&2
    echo "$0: install them, or run as root where apt-get is available" >&2
    return 1
  fi
  echo "==> installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 && return 0
  apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
