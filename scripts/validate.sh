#!/usr/bin/env bash
# openenv's validator on the files of this checkout, whatever its virtual environment is called:
#
#     uv run scripts/validate.sh --level static
#
# `openenv validate .` refuses a tree that holds a symbolic link, as every virtual environment does, and passes over one
# only where it is called .venv. This gives it the files that git knows, as they are now, in a folder of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
comm -z -23 <(git ls-files -z --deduplicate | sort -z) <(git ls-files -z --deleted | sort -z) |
    tar --null -T - -cf - | tar -xf - -C "$copy"
openenv validate "$copy" "$@"
