# Images on the way: pull, push, save and load of the engines from and to one registry of ours, beside docker and, where they are, podman and
# skopeo (which fetches without unpacking); then our registry server beside Debian's docker-registry, which stands in docker's column there.
# CPU is what the engine's or server's process and its children took. Sourced by bench.sh.
#   BENCH_IMAGE_MB=200   size of the images, half of it incompressible
#   BENCH_IN=            prefix for skopeo and docker-registry, when they live in a root of their own
image_mb=${BENCH_IMAGE_MB:-200}
engines_all=("${engines[@]}")
declare -A server_pid server_address
free_port() { local p; while :; do p=$((20000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break; done; echo "$p"; }
answers() { local i; for i in $(seq 100); do curl -fs "http://$1/v2/" >/dev/null 2>&1 && return 0; sleep 0.1; done; echo "no registry answers at $1" >&2; return 1; }

server_address[gantry]=127.0.0.1:$(free_port)
out/bin/gantryd registry serve --listen "${server_address[gantry]}" --root "$state/registry" >"$state/registry.log" 2>&1 &
server_pid[gantry]=$!
answers "${server_address[gantry]}" || return 1
if ${BENCH_IN:-} sh -c 'command -v docker-registry' >/dev/null 2>&1; then
  server_address[docker]=127.0.0.1:$(free_port)
  ${BENCH_IN:-} sh -c "rm -rf /tmp/gantry-bench-registry && mkdir /tmp/gantry-bench-registry && cat >/tmp/gantry-bench-registry/config.yml" <<CONFIG
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: /tmp/gantry-bench-registry/data}}
http: {addr: "${server_address[docker]}"}
CONFIG
  OTEL_TRACES_EXPORTER=none ${BENCH_IN:-} docker-registry serve /tmp/gantry-bench-registry/config.yml >"$state/docker-registry.log" 2>&1 &
  started=$!
  if answers "${server_address[docker]}"; then
    server_pid[docker]=$(pgrep -xn docker-registry | head -1)
  else
    kill "$started"
    unset "server_address[docker]"
  fi
fi
${BENCH_IN:-} sh -c 'command -v skopeo' >/dev/null 2>&1 && has_skopeo=1 || has_skopeo=

# cpu_ms PID: what a process, its children and those it has waited for have used
cpu_ms() { local p; for p in $1 $(pgrep -P "$1"); do cat "/proc/$p/stat" 2>/dev/null; done | sed 's/.*) //' | awk '{ n += $12 + $13 + $14 + $15 } END { print n * 10 }'; }
engine_pid() { case $1 in gantry) echo "$gantryd" ;; docker) echo "${BENCH_DOCKER_PID:-$(pgrep -xo dockerd)}" ;; esac; }
# with_cpu PID FILE COMMAND...: runs the command and notes the CPU time that the process took meanwhile
with_cpu() { local pid=$1 file=$2 from code; shift 2; from=$(cpu_ms "$pid"); "$@"; code=$?; [ -n "$pid" ] && echo $(($(cpu_ms "$pid") - from)) >>"$file"; return $code; }
# measure_cpu NAME RUNS FUNCTION: measure, and then the median of what with_cpu noted in $tmp/cpu-ENGINE
measure_cpu() {
  local engine
  for engine in "${engines[@]}"; do : >"$tmp/cpu-$engine"; done
  measure "$@"
  for engine in "${engines[@]}"; do [ -s "$tmp/cpu-$engine" ] && record "$1, CPU" "$engine" "$(median "$tmp/cpu-$engine")" ms; done
  row "$1, CPU"
}

# content FILE MB: half random, half text
content() { ({ head -c $(($2 << 19)) /dev/urandom; seq 1 100000000 | head -c $(($2 << 19)); } >"$1"; true) 2>/dev/null; }
make_image() { # NAME LAYERS
  local i dir=$tmp/context
  rm -rf "$dir"
  mkdir -p "$dir"
  { echo FROM scratch; for i in $(seq "$2"); do echo "COPY f$i /"; done; } >"$dir/Dockerfile"
  for i in $(seq "$2"); do content "$dir/f$i" $((image_mb / $2)); done
  on gantry build -q -t "$1" "$dir" >/dev/null && rm -rf "$dir"
}
ten=${server_address[gantry]}/bench/ten:1
one=${server_address[gantry]}/bench/one:1
make_image "$ten" 10 && make_image "$one" 1 || return 1
on gantry push -q "$ten" >/dev/null && on gantry push -q "$one" >/dev/null || return 1
on gantry save "$ten" >"$tmp/ten.tar"
if [ -n "${server_address[docker]:-}" ]; then
  for image in ten one; do
    on gantry tag "${server_address[gantry]}/bench/$image:1" "${server_address[docker]}/bench/$image:1"
    on gantry push -q "${server_address[docker]}/bench/$image:1" >/dev/null
    on gantry rmi "${server_address[docker]}/bench/$image:1" >/dev/null
  done
fi
forget() { # ENGINE IMAGE: nothing of the image is left
  case $1 in
    skopeo) ${BENCH_IN:-} rm -rf /tmp/gantry-bench-skopeo ;;
    *) on "$1" rmi -f "$2" >/dev/null 2>&1; [ "$1" = gantry ] && on gantry builder prune -af >/dev/null; true ;;
  esac
}
fetch() { # ENGINE IMAGE
  case $1 in
    skopeo) ${BENCH_IN:-} skopeo copy -q --src-tls-verify=false "docker://$2" dir:/tmp/gantry-bench-skopeo ;;
    podman) on podman pull -q --tls-verify=false "$2" ;;
    *) with_cpu "$(engine_pid "$1")" "$tmp/cpu-$1" on "$1" pull -q "$2" ;;
  esac
}
before_pull_ten() { forget "$1" "$ten"; }
before_pull_one() { forget "$1" "$one"; }
pull_ten() { fetch "$1" "$ten"; }
pull_one() { fetch "$1" "$one"; }
for engine in "${engines[@]}"; do forget "$engine" "$ten"; forget "$engine" "$one"; done
[ -n "$has_skopeo" ] && engines+=(skopeo)
printf '%-44s' "" && printf '%14s' "${engines[@]}" && echo
measure_cpu "pull of $image_mb MB in ten layers" 3 pull_ten
for engine in "${engines[@]}"; do forget "$engine" "$ten"; done
measure_cpu "pull of $image_mb MB in one layer" 3 pull_one
[ -n "$has_skopeo" ] && forget skopeo ""
engines=("${engines_all[@]}")

push_count=0
before_push_new() {
  push_count=$((push_count + 1))
  mkdir -p "$tmp/new" && content "$tmp/new/file" $((image_mb / 2)) && tar -C "$tmp/new" -cf "$tmp/new.tar" . && rm -rf "$tmp/new"
  on "$1" import "$tmp/new.tar" "${server_address[gantry]}/bench/new-$1:$push_count" >/dev/null
  echo "${server_address[gantry]}/bench/new-$1:$push_count" >"$tmp/pushed-$1"
}
push_new() {
  case $1 in
    podman) on podman push -q --tls-verify=false "$(cat "$tmp/pushed-podman")" ;;
    *) with_cpu "$(engine_pid "$1")" "$tmp/cpu-$1" on "$1" push -q "$(cat "$tmp/pushed-$1")" ;;
  esac
}
for engine in "${engines[@]}"; do before_push_new "$engine"; done
measure_cpu "push of a new layer of $((image_mb / 2)) MB" 3 push_new
for engine in "${engines[@]}"; do on "$engine" rmi -f $(on "$engine" images -q "${server_address[gantry]}/bench/new-$engine") >/dev/null 2>&1; done

before_load_ten() { forget "$1" "$ten"; }
load_ten() { with_cpu "$(engine_pid "$1")" "$tmp/cpu-$1" on "$1" load -q -i "$tmp/ten.tar"; }
save_ten() { with_cpu "$(engine_pid "$1")" "$tmp/cpu-$1" on "$1" save "$ten" | cat >/dev/null; }
measure_cpu "load of $image_mb MB" 3 load_ten
for engine in "${engines[@]}"; do on "$engine" image inspect "$ten" >/dev/null 2>&1 || on "$engine" pull -q "$ten" >/dev/null 2>&1; done
measure_cpu "save of $image_mb MB" 3 save_ten
for engine in "${engines[@]}"; do forget "$engine" "$ten"; forget "$engine" "$one"; done

# The servers.
engines=(gantry)
[ -n "${server_pid[docker]:-}" ] && engines=(docker gantry)
accept="Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
blob=$(curl -s -H "$accept" "http://${server_address[gantry]}/v2/bench/one/manifests/1" | tr -d ' \n' | sed 's/.*"layers"//' | grep -o 'sha256:[0-9a-f]*' | head -1)
get_blobs() { local i; for i in 1 2 3 4; do curl -fs -o /dev/null "http://${server_address[$1]}/v2/bench/one/blobs/$blob" || return 1; done; }
get_manifests() { curl -fs -Z --parallel-max 8 -H "$accept" "http://${server_address[$1]}/v2/bench/ten/manifests/1?n=[1-4000]" -o /dev/null; }
server_blobs() { with_cpu "${server_pid[$1]}" "$tmp/cpu-$1" get_blobs "$1"; }
server_manifests() { with_cpu "${server_pid[$1]}" "$tmp/cpu-$1" get_manifests "$1"; }
upload() { # ENGINE NUMBER
  local at
  at=$(curl -s -i -X POST "http://${server_address[$1]}/v2/bench/up$2/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  case $at in http*) ;; *) at=http://${server_address[$1]}$at ;; esac
  case $at in *\?*) at="$at&" ;; *) at="$at?" ;; esac
  curl -fs -T "$tmp/upload$2" -H 'Content-Type: application/octet-stream' "${at}digest=sha256:$(cat "$tmp/upload$2.sum")"
}
server_uploads() { local i pids=(); for i in $(seq 64); do upload "$1" "$i" & pids+=($!); done; for i in "${pids[@]}"; do wait "$i" || return 1; done; }
measure_cpu "registry: GET of a blob, four times" 3 server_blobs
measure_cpu "registry: 4,000 GETs of a manifest" 3 server_manifests
for i in $(seq 64); do head -c 4194304 /dev/urandom >"$tmp/upload$i"; sha256sum "$tmp/upload$i" | cut -d' ' -f1 >"$tmp/upload$i.sum"; done
for engine in "${engines[@]}"; do
  start=$(now_us)
  server_uploads "$engine" && record "registry: 64 uploads of 4 MB at once" "$engine" "$((($(now_us) - start) / 1000))" ms
  record "registry: peak memory (RSS)" "$engine" "$(awk '/^VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/${server_pid[$engine]}/status")" MiB
done
row "registry: 64 uploads of 4 MB at once"
row "registry: peak memory (RSS)"
for engine in "${engines[@]}"; do kill "${server_pid[$engine]}" && wait "${server_pid[$engine]}" 2>/dev/null; done
[ -n "${server_pid[docker]:-}" ] && ${BENCH_IN:-} rm -rf /tmp/gantry-bench-registry
engines=("${engines_all[@]}")
