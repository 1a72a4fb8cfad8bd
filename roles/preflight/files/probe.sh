# Copyright (c) 2026, the kurl.ipv6 authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Which Python can ansible's modules use here? Called with the lowest version (major, minor) and the interpreter that the
# inventory names, if any. Prints one line of JSON. Plain POSIX shell: there may be nothing else.
usable=false python='' version=''
script='import sys
print("%d.%d.%d" % sys.version_info[:3])
sys.exit(3 if sys.version_info[:2] < ('$1', '$2') else 0)'
for candidate in ${3:-python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 python3.7 python3.6 \
  /usr/bin/python3 /usr/libexec/platform-python python3 python}; do
  path=$(command -v "$candidate" 2>/dev/null) || continue
  answer=$("$path" -E -s -S -c "$script" 2>/dev/null)
  case $? in
    0) usable=true python=$path version=$answer; break ;;
    3) if [ -z "$python" ]; then python=$path version=$answer; fi ;;
  esac
done
os=$( (. /etc/os-release && echo "$ID") 2>/dev/null | tr -cd 'a-z0-9._-')
printf '{"kurl_ipv6_probe": 1, "usable": %s, "python": "%s", "version": "%s", "minimum": "%s.%s", "uid": %s, "os": "%s"}\n' \
  "$usable" "$python" "$version" "$1" "$2" "$(id -u)" "$os"
