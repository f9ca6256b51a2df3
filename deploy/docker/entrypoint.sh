#!/bin/sh
# `kumocast start` in a container. The first start writes a settings file with secrets of its own beside the data, so
# that a volume is all that has to be kept. Every other command goes through as it is.
set -eu

main=${KUMOCAST_MAIN:-/app/dist/main.js}

if [ "${1:-start}" = start ]; then
  [ $# -eq 0 ] || shift
  if [ ! -e "$KINTO_INI" ]; then
    node "$main" init --ini "$KINTO_INI" --host 0.0.0.0
  fi
  # The address in an existing file may be one that only a machine of its own has.
  exec node "$main" start --ini "$KINTO_INI" --host 0.0.0.0 "$@"
fi
exec node "$main" "$@"
