# shellcheck shell=bash
# Stand-ins for the images that docker-compose.yml and docker/ name, for machines that reach Debian's archive but no image
# registry. Sourced by check.sh. They carry the same names and the same programs, made from Debian's packages.

have_image() { docker image inspect "$1" >/dev/null 2>&1; }

# minimal_system SUITE TAR OPTION...: a minimal Debian as a tar file.
minimal_system() {
  local suite=$1 tar=$2; shift 2
  test -s "$tar" && return
  # A mirror's Release file of sid may be past its date; the signature is checked all the same.
  # A network that re-signs TLS needs its own authorities in the image; elsewhere there are none to copy.
  mmdebstrap --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='mkdir -p "$1/usr/local/share/ca-certificates"; cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null; if test -x "$1/usr/sbin/update-ca-certificates"; then chroot "$1" update-ca-certificates; fi' \
    "$@" "$suite" "$tar.new.tar" "$ARCHIVE" >"$tar.log" 2>&1 || { tail -20 "$tar.log"; return 1; }
  mv "$tar.new.tar" "$tar"
}

make_debian() {
  minimal_system sid "$W/sid.tar" && docker import --change 'CMD ["bash"]' "$W/sid.tar" debian:sid-slim >/dev/null
}

make_python() {
  local bundle=/etc/ssl/certs/ca-certificates.crt
  minimal_system bookworm "$W/python.tar" --include=ca-certificates,python3,python3-pip,python3-venv,python-is-python3,tzdata,netbase \
    --customize-hook='rm -f "$1"/usr/lib/python3.11/EXTERNALLY-MANAGED' &&
    docker import --change "ENV PIP_CERT=$bundle SSL_CERT_FILE=$bundle" --change 'CMD ["python3"]' \
      "$W/python.tar" python:3.11-slim >/dev/null
}

# of_debian TAG PACKAGE PROGRAM FOLDER: an image that is left as nobody, with a folder to write to.
of_debian() {
  docker build -q --network host -t "$1" - >/dev/null <<D
FROM debian:sid-slim
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2 >/dev/null \
 && rm -rf /var/lib/apt/lists/* && mkdir -p $4 && chown nobody:nogroup $4
USER nobody
WORKDIR $4
ENTRYPOINT ["/usr/bin/$3"]
D
}

# base_images PROMETHEUS_TAG ALERTMANAGER_TAG
base_images() {
  local pids=() pid
  have_image debian:sid-slim || { make_debian & pids+=($!); }
  have_image python:3.11-slim || { make_python & pids+=($!); }
  for pid in "${pids[@]}"; do wait "$pid" || return 1; done
  have_image "$1" || of_debian "$1" prometheus prometheus /prometheus || return 1
  have_image "$2" || of_debian "$2" prometheus-alertmanager prometheus-alertmanager /alertmanager
}
