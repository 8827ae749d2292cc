#!/usr/bin/env bash
# Seconds from a fresh clone to a running JupyterLab, downloads counted apart.
# Usage: bash benchmarks/first_start.sh
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
git clone --quiet "$here" "$folder/course"
cd "$folder/course"
server=""
now() { date +%s.%N; }
took() { echo "$2 $1" | awk '{printf "%.1f s", $1 - $2}'; }

start=$(now)
uv sync --quiet
synced=$(now)
uv run jupyter lab --no-browser --allow-root --port 8899 \
  notebooks/00_start_here.ipynb >"$folder/log" 2>&1 &
server=$!
until grep -q "is running at" "$folder/log"; do sleep 0.2; done
running=$(now)
echo "download and install (fast if uv has the packages): $(took "$start" "$synced")"
echo "start of JupyterLab: $(took "$synced" "$running")"
