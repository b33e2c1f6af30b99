#!/usr/bin/env bash
# Installs the Debian packages that the tests need and this machine lacks. Without root and without a sudo that
# asks for no password, it prints the line to run and stops with exit code 1.
set -euo pipefail

PATH=$PATH:/usr/sbin:/usr/local/sbin
python=${PYTHON:-python3}
policy=/usr/sbin/policy-rc.d

has() { command -v "$1" >/dev/null; }
has_mysql_headers() {
    has pkg-config || return 1
    local name
    for name in mysqlclient mariadb libmariadb perconaserverclient; do
        pkg-config --exists "$name" && return 0
    done
    return 1
}
has_python_headers() {
    "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
}
has_font() { [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[ot]tf' -print -quit 2>/dev/null)" ]; }

packages=()
has gcc || packages+=(gcc libc6-dev)
has pkg-config || packages+=(pkg-config)
has_mysql_headers || packages+=(libmariadb-dev)
has_python_headers || packages+=(python3-dev)
has mariadbd && has mariadb-install-db && has my_print_defaults || packages+=(mariadb-server-core mariadb-client-core)
has redis-server || packages+=(redis-server)
has chromium || has chromium-browser || has google-chrome || packages+=(chromium)
has_font || packages+=(fonts-dejavu-core)
[ ${#packages[@]} -eq 0 ] && exit 0

if ! has apt-get; then
    echo "The tests need what Debian packages as: ${packages[*]}. Install it with this system's package manager." >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif has sudo && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "The tests need some system packages. As root, run:" >&2
    echo "    apt-get update && apt-get install --no-install-recommends ${packages[*]}" >&2
    exit 1
fi

# Debian starts a server when its package is installed. While this policy stands, it does not; a policy that was
# there before is moved aside as it is and moved back at the end, also by the next run if this one is killed.
restore_policy() {
    "${as_root[@]}" rm -f "$policy"
    if [ -e "$policy.before-genthrust" ] || [ -L "$policy.before-genthrust" ]; then
        "${as_root[@]}" mv "$policy.before-genthrust" "$policy"
    fi
}
forbid_starting() {
    if [ -e "$policy" ] || [ -L "$policy" ]; then
        "${as_root[@]}" mv "$policy" "$policy.before-genthrust"
    fi
    printf '#!/bin/sh\n# genthrust: no service starts while its packages are installed\nexit 101\n' |
        "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
}
if grep -qs '^# genthrust:' "$policy"; then
    restore_policy
fi
trap restore_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
forbid_starting

echo "Installing ${packages[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${packages[@]}" </dev/null
case " ${packages[*]} " in
*" redis-server "*)
    # It would start on the standard port at the next boot.
    if has systemctl; then
        "${as_root[@]}" systemctl --quiet disable redis-server
    fi
    ;;
esac
