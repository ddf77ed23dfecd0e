#!/usr/bin/env bash
# Refuses files that do not belong into a source tree; the shipped models are the largest that do.
set -euo pipefail
readonly LIMIT=15000000
for file in "$@"; do
    size=$(wc -c <"$file")
    if [ "$size" -gt $LIMIT ]; then
        echo "$file has $size bytes, more than $LIMIT" >&2
        exit 1
    fi
done
