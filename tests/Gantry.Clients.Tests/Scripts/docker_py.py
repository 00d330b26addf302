"""Cases for docker-py against the engine that DOCKER_HOST names: python3 docker_py.py CASE. An assertion that fails is a traceback and exit code 1."""

import contextlib
import io
import json
import os
import socket
import sys
import tarfile
import threading
import time
import uuid

import docker
from docker import errors, types

client = docker.from_env(version="auto", timeout=60)
api = client.api
IMAGE = "busybox:latest"


def unique(word):
    return f"py-{word}-{uuid.uuid4().hex[:8]}"


@contextlib.contextmanager
def running(command="sleep 1000", **options):
    """A started container that is gone afterwards."""
    container = client.containers.run(IMAGE, command, detach=True, **options)
    try:
        container.reload()
        yield container
    finally:
        with contextlib.suppress(errors.NotFound):
            container.remove(force=True, v=True)


def tar_of(**files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def refused(status, text, action):
    try:
        action()
    except errors.APIError as error:
        assert error.response.status_code == status, (error.response.status_code, error.explanation)
        assert text in str(error.explanation), error.explanation
    else:
        raise AssertionError(f"not refused: {text}")


def read_to_end(connection):
    content = b""
    connection.settimeout(20)
    while chunk := connection.recv(4096):
        content += chunk
    return content


def case_system():
    assert client.ping() is True
    assert client.version()["ApiVersion"] == api.version()["ApiVersion"]
    assert client.info()["OSType"] == "linux"
    usage = client.df()
    assert all(isinstance(usage[kind], list) for kind in ("Images", "Containers", "Volumes"))


def case_containers():
    assert client.containers.run(IMAGE, "echo hello", remove=True) == b"hello\n"
    name = unique("c")
    with running(name=name, environment={"A": "1"}, labels={"k": name}, hostname="h1", ports={"80/tcp": ("127.0.0.1", None)}) as container:
        assert container.status == "running" and container.name == name
        assert "A=1" in container.attrs["Config"]["Env"]
        assert container.ports["80/tcp"][0]["HostIp"] == "127.0.0.1"
        assert [c.id for c in client.containers.list(filters={"label": f"k={name}"})] == [container.id]
        assert [p[-1] for p in container.top()["Processes"]] == ["sleep 1000"]
        container.rename(name + "b")
        assert client.containers.get(name + "b").id == container.id
        assert container.update(mem_limit="64m", memswap_limit="128m")["Warnings"] is None
        container.reload()
        assert container.attrs["HostConfig"]["Memory"] == 64 << 20
        container.exec_run("sh -c 'touch /new; rm /bin/cat'")
        changes = {(c["Path"], c["Kind"]) for c in container.diff()}
        assert ("/new", 1) in changes and ("/bin/cat", 2) in changes, changes
    assert client.containers.list(all=True, filters={"name": name}) == []
    mount = types.Mount("/t", "", type="tmpfs", tmpfs_size=1 << 20)
    with running(mounts=[mount]) as container:
        assert container.attrs["HostConfig"]["Mounts"] == [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1 << 20}}]


def case_lifecycle():
    with running() as container:
        container.pause()
        container.reload()
        assert container.status == "paused"
        container.unpause()
        before = container.attrs["State"]["StartedAt"]
        container.restart(timeout=0)
        container.reload()
        assert container.status == "running" and container.attrs["State"]["StartedAt"] != before
        container.kill("SIGKILL")
        assert container.wait()["StatusCode"] == 137
    container = client.containers.create(IMAGE, "sh -c 'exit 7'")
    ends = []
    waiting = threading.Thread(target=lambda: ends.append(api.wait(container.id, condition="next-exit")))
    waiting.start()
    time.sleep(0.3)
    container.start()
    waiting.join(20)
    assert ends == [{"StatusCode": 7}], ends
    label = unique("prune")
    with running("true", labels={label: "1"}) as ended:
        ended.wait()
        assert client.containers.prune(filters={"label": label})["ContainersDeleted"] == [ended.id]
    container.remove()


def case_errors():
    refused(404, "No such container: none-such", lambda: client.containers.get("none-such"))
    refused(404, "No such image: none-such:latest", lambda: api.create_container("none-such"))
    refused(400, "Invalid container name (a/b!)", lambda: api.create_container(IMAGE, name="a/b!"))
    refused(400, "invalid filter 'status=bogus': invalid value for state (bogus)", lambda: api.containers(filters={"status": "bogus"}))
    name = unique("e")
    with running(name=name) as container:
        refused(409, f'The container name "/{name}" is already in use by container "{container.id}"', lambda: api.create_container(IMAGE, name=name))
        refused(409, "stop the container before removing or force remove", lambda: api.remove_container(container.id))
    with contextlib.suppress(errors.NotFound):
        client.containers.get(name).remove(force=True)
    try:
        client.containers.run(IMAGE, "sh -c 'echo why >&2; exit 3'", remove=True)
    except errors.ContainerError as error:
        assert (error.exit_status, error.stderr) == (3, b"why\n")
    else:
        raise AssertionError("a failed run raised nothing")


def case_logs():
    with running("sh -c 'echo out; echo err >&2; echo -n tail'") as container:
        container.wait()
        assert container.logs(stderr=False) == b"out\ntail"
        assert container.logs(stdout=False) == b"err\n"
        assert container.logs(tail=0) == b""
        assert container.logs(since=int(time.time()) + 100) == b""
        assert b"".join(container.logs(stream=True, follow=True, stderr=False)) == b"out\ntail"
        stamped = container.logs(stdout=False, timestamps=True).split(b" ", 1)
        assert stamped[0].endswith(b"Z") and stamped[1] == b"err\n"
    with running("echo hi", tty=True) as container:
        container.wait()
        assert container.logs() == b"hi\r\n"


def case_exec_stream():
    with running() as container:
        assert tuple(container.exec_run("sh -c 'echo x; exit 4'")) == (4, b"x\n")
        command = api.exec_create(container.id, ["sh", "-c", "echo out; echo err >&2; exit 3"])
        streams = list(api.exec_start(command, stream=True, demux=True))
        assert b"".join(o or b"" for o, _ in streams) == b"out\n"
        assert b"".join(e or b"" for _, e in streams) == b"err\n"
        seen = api.exec_inspect(command)
        assert seen["ExitCode"] == 3 and not seen["Running"] and seen["ContainerID"] == container.id
        command = api.exec_create(container.id, ["cat"], stdin=True)
        connection = api.exec_start(command, socket=True)._sock
        connection.sendall(b"typed\n")
        connection.shutdown(socket.SHUT_WR)
        assert read_to_end(connection) == b"\x01\0\0\0\0\0\0\x06typed\n"
        command = api.exec_create(container.id, "sh -c 'id -u; pwd; echo $V'", user="nobody", workdir="/tmp", environment={"V": "w"})
        assert api.exec_start(command) == b"65534\n/tmp\nw\n"
        command = api.exec_create(container.id, "sh -c 'sleep 1; stty size'", tty=True, stdin=True)
        connection = api.exec_start(command, tty=True, socket=True)._sock
        api.exec_resize(command["Id"], height=30, width=100)
        assert read_to_end(connection) == b"30 100\r\n"
    idle = client.containers.create(IMAGE, "true")
    refused(409, f"container {idle.id} is not running", lambda: api.exec_create(idle.id, "true"))
    idle.remove()


def case_attach_socket():
    container = client.containers.create(IMAGE, "cat", stdin_open=True)
    connection = container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})._sock
    container.start()
    connection.sendall(b"ping\n")
    assert connection.recv(13) == b"\x01\0\0\0\0\0\0\x05ping\n"
    # docker-py asks for StdinOnce: the end of the input is cat's.
    connection.shutdown(socket.SHUT_WR)
    assert read_to_end(connection) == b""
    assert container.wait()["StatusCode"] == 0
    container.remove()
    container = client.containers.create(IMAGE, "sh -c 'for i in 1 2 3; do echo $i; sleep 0.1; done'")
    output = container.attach(stream=True, logs=True)
    container.start()
    assert b"".join(output) == b"1\n2\n3\n"
    container.wait()
    container.remove()


def case_archives():
    container = client.containers.create(IMAGE, "cat /data/in")
    assert container.put_archive("/", tar_of(**{"data/in": b"abc"}))
    container.start()
    assert container.wait()["StatusCode"] == 0 and container.logs() == b"abc"
    chunks, stat = container.get_archive("/data")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        assert sorted(archive.getnames()) == ["data", "data/in"]
        assert archive.extractfile("data/in").read() == b"abc"
    assert stat["name"] == "data" and sorted(stat) == ["linkTarget", "mode", "mtime", "name", "size"]
    refused(404, "Could not find the file /none in container " + container.id, lambda: container.get_archive("/none"))
    refused(404, "Could not find the file /none in container " + container.id, lambda: container.put_archive("/none", tar_of()))
    refused(500, "archive/tar: invalid tar header", lambda: container.put_archive("/", b"garbage" * 100))
    with tarfile.open(fileobj=io.BytesIO(b"".join(container.export()))) as archive:
        assert "data/in" in archive.getnames()
    container.remove()


def case_events():
    began = int(time.time())
    with running("true") as container:
        container.wait()
        identity = container.id
    past = client.events(since=began, until=int(time.time()) + 1, decode=True, filters={"type": "container", "container": identity})
    assert [e["Action"] for e in past] == ["create", "start", "die", "destroy"]
    live = client.events(decode=True, filters={"event": "start"})
    threading.Timer(0.3, lambda: client.containers.run(IMAGE, "true", remove=True)).start()
    event = next(live)
    live.close()
    assert event["Type"] == "container" and event["Actor"]["Attributes"]["image"] == IMAGE


def case_networks():
    name = unique("n")
    pool = types.IPAMPool(subnet="10.231.7.0/24", gateway="10.231.7.254")
    network = client.networks.create(name, ipam=types.IPAMConfig(pool_configs=[pool]), labels={"k": name})
    try:
        assert [n.id for n in client.networks.list(filters={"label": f"k={name}"})] == [network.id]
        assert network.attrs["IPAM"]["Config"] == [{"Subnet": "10.231.7.0/24", "Gateway": "10.231.7.254"}]
        with running(network=name, name=name + "-a") as first, running() as second:
            network.connect(second, aliases=["other"], ipv4_address="10.231.7.9")
            second.reload()
            endpoint = second.attrs["NetworkSettings"]["Networks"][name]
            assert endpoint["IPAddress"] == "10.231.7.9" and endpoint["Aliases"] == ["other"]
            assert first.exec_run("ping -c 1 -W 5 other").exit_code == 0
            assert second.exec_run(f"ping -c 1 -W 5 {name}-a").exit_code == 0
            network.reload()
            assert {c.id for c in network.containers} == {first.id, second.id}
            refused(403, "has active endpoints", network.remove)
            network.disconnect(second)
            refused(500, "is not connected to network", lambda: network.disconnect(second))
        refused(409, f"network with name {name} already exists", lambda: client.networks.create(name))
    finally:
        network.remove()
    refused(404, f"network {name} not found", lambda: client.networks.get(name))


def case_volumes():
    name = unique("v")
    volume = client.volumes.create(name, labels={"k": name})
    assert [v.name for v in client.volumes.list(filters={"label": f"k={name}"})] == [name]
    client.containers.run(IMAGE, "sh -c 'echo kept > /v/f'", volumes={name: {"bind": "/v", "mode": "rw"}}, remove=True)
    with running(volumes={name: {"bind": "/v", "mode": "ro"}}) as container:
        assert container.exec_run("cat /v/f").output == b"kept\n"
        assert b"Read-only file system" in container.exec_run("touch /v/g").output
        refused(409, f"remove {name}: volume is in use", volume.remove)
    volume.remove()
    refused(404, "no such volume", lambda: client.volumes.get(name))
    anonymous = client.volumes.create()
    assert len(anonymous.name) == 64
    anonymous.remove()


def case_build():
    tag = unique("b")
    dockerfile = f"FROM {IMAGE}\nARG who\nLABEL said=$who\nRUN echo from $who > /f\nCMD cat /f\n"
    image, log = client.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=tag, buildargs={"who": "python"}, rm=True)
    lines = "".join(entry.get("stream", "") for entry in log)
    assert "Step 5/5 : CMD cat /f" in lines and f"Successfully tagged {tag}:latest" in lines, lines
    assert image.labels == {"said": "python"}
    assert client.containers.run(tag, remove=True) == b"from python\n"
    try:
        client.images.build(fileobj=io.BytesIO(f"FROM {IMAGE}\nRUN exit 5\n".encode()), rm=True)
    except errors.BuildError as error:
        assert error.msg == "The command '/bin/sh -c exit 5' returned a non-zero code: 5", error.msg
    else:
        raise AssertionError("a failed build raised nothing")
    client.images.remove(tag)


def case_images():
    tag = unique("i")
    image = client.images.get(IMAGE)
    assert image.tag(tag, "v1") and f"{tag}:v1" in client.images.get(IMAGE).tags
    saved = b"".join(client.images.get(f"{tag}:v1").save(named=True))
    client.images.remove(f"{tag}:v1")
    loaded = client.images.load(saved)
    assert [i.id for i in loaded] == [image.id]
    answer = api.import_image_from_data(tar_of(x=b"1"), repository=tag, tag="imported", changes=["USER someone", "WORKDIR /w"])
    assert "sha256:" in answer
    config = api.inspect_image(f"{tag}:imported")["Config"]
    assert (config["User"], config["WorkingDir"]) == ("someone", "/w")
    assert image.history()[0]["Id"] == image.id
    assert "archive/tar: invalid tar header" in str(list(api.load_image(b"garbage" * 300)))
    client.images.remove(f"{tag}:imported")
    with contextlib.suppress(errors.ImageNotFound):
        client.images.remove(f"{tag}:v1")


def case_archives_of_images():
    config = b'{"config":{"Labels":{"made":"by hand"}},"created":null,"rootfs":{"type":"layers","diff_ids":null}}'
    manifest = b'[{"Config":"c.json","RepoTags":%s,"Layers":null}]'
    (nameless,) = client.images.load(tar_of(**{"c.json": config, "manifest.json": manifest % b"null"}))
    assert nameless.tags == [] and nameless.labels == {"made": "by hand"}
    client.images.remove(nameless.id)
    tag = unique("a") + ":t"
    client.images.get(IMAGE).tag(tag)
    archive = tar_of(**{"c.json": config, "manifest.json": manifest % f'["{tag}"]'.encode()})
    said = "".join(entry.get("stream", "") for entry in api.load_image(archive))
    replaced = f"The image {tag} already exists, renaming the old one with ID {client.images.get(IMAGE).id} to empty string\n"
    assert said == replaced + f"Loaded image: {tag}\n", said
    client.images.remove(tag)
    foreign = config.replace(b'{"config"', b'{"os":"windows","config"', 1)
    said = str(list(api.load_image(tar_of(**{"c.json": foreign, "manifest.json": manifest % b"null"}))))
    assert "cannot load windows image on linux" in said, said


def case_platforms():
    def get(path, **platform):
        answer = api._get(api._url("/images/busybox" + path), params={"platform": json.dumps(platform)})
        return answer.status_code, answer.json().get("message") if answer.status_code != 200 else None

    here = client.images.get(IMAGE).attrs
    for path in ("/json", "/history"):
        assert get(path, os="linux", architecture=here["Architecture"]) == (200, None)
        other = f"was found but its platform (linux/{here['Architecture']}) does not match the specified platform (linux/mips64)"
        status, message = get(path, os="linux", architecture="mips64")
        assert status == 404 and message.endswith(other), message
        assert get(path, os="linux") == (400, "both OS and Architecture must be provided")
    assert get("/get", os="linux", architecture="mips64") == (500, "no suitable export target found for platform linux/mips64")
    refused(400, "operating system is not supported", lambda: import_for("macos/arm64"))
    refused(400, '"nintendo64": unknown operating system or architecture', lambda: import_for("nintendo64"))
    refused(400, "refusing to create an ambiguous tag using digest algorithm as name", lambda: api.tag(IMAGE, "sha256", "abc"))


def import_for(platform):
    answer = api._post(api._url("/images/create"), params={"fromSrc": "-", "platform": platform}, data=tar_of(x=b"1"))
    api._raise_for_status(answer)


def case_prune_images():
    label = unique("p")
    image, _ = client.images.build(fileobj=io.BytesIO(f"FROM {IMAGE}\nLABEL {label}=1\n".encode()), tag=label + ":b", rm=True)
    for tag in ("c", "a"):
        image.tag(label, tag)
    container = client.containers.create(image.id, "true")
    filters = {"dangling": False, "label": label}
    assert client.images.prune(filters=filters)["ImagesDeleted"] == [{"Untagged": f"{label}:a"}, {"Untagged": f"{label}:b"}]
    assert client.images.get(image.id).tags == [f"{label}:c"]
    container.remove()
    assert {"Untagged": f"{label}:c"} in client.images.prune(filters=filters)["ImagesDeleted"]


def case_commit():
    tag = unique("m")
    with running("sh -c 'echo 1 > /kept'") as container:
        container.wait()
        changes = ["ENV A=$PATH:/more", 'ENTRYPOINT ["cat"]']
        image = container.commit(tag, changes=changes, author="me", message="why")
        config = image.attrs["Config"]
        path = next(e for e in client.images.get(IMAGE).attrs["Config"]["Env"] if e.startswith("PATH="))
        assert config["Env"] == [path, f"A={path[5:]}:/more"], config["Env"]
        assert config["Entrypoint"] == ["cat"] and not config["Cmd"], config
        assert client.containers.run(tag, "/kept", remove=True) == b"1\n"
        given = container.commit(tag, "given", changes=["ENV A=x$PATH"], conf={"Labels": {"q": "r"}}).attrs["Config"]
        assert given["Env"] == ["A=x", path] and given["Labels"]["q"] == "r", given
        assert given["Cmd"] == ["sh", "-c", "echo 1 > /kept"]
    client.images.remove(f"{tag}:given")
    client.images.remove(tag)


def case_stats():
    with running("sh -c 'while :; do :; done'") as container:
        sample = container.stats(stream=False)
        assert sample["cpu_stats"]["cpu_usage"]["total_usage"] > sample["precpu_stats"]["cpu_usage"]["total_usage"] > 0
        assert sample["memory_stats"]["usage"] > 0 and sample["networks"]["eth0"]["rx_bytes"] >= 0
        stream = container.stats(stream=True, decode=True)
        first, second = next(stream), next(stream)
        assert second["read"] > first["read"] and second["cpu_stats"]["system_cpu_usage"] > first["cpu_stats"]["system_cpu_usage"]


def case_health():
    check = {"test": ["CMD-SHELL", "test -e /tmp/well"], "interval": 300_000_000, "timeout": 2_000_000_000, "retries": 2}
    with running(healthcheck=check) as container:
        assert container.attrs["State"]["Health"]["Status"] == "starting"
        assert until(lambda: status(container) == "unhealthy")
        container.exec_run("touch /tmp/well")
        assert until(lambda: status(container) == "healthy")
        assert sorted(container.attrs["State"]["Health"]["Log"][0]) == ["End", "ExitCode", "Output", "Start"]


def status(container):
    container.reload()
    return container.attrs["State"]["Health"]["Status"]


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    globals()["case_" + sys.argv[1]]()
    # Threads of streams that were given up on must not keep the process.
    sys.stdout.flush()
    os._exit(0)
