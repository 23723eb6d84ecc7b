# How the demo talks; sourced by scripts/demo and its parts, not run.

ok() { printf '    \xe2\x9c\x93 %s\n' "$*"; }
fail() {
  printf '    \xe2\x9c\x97 %s\n' "$*"
  [[ -s ${emulator_log:-} ]] && tail -n 20 "$emulator_log" | sed 's/^/      | /'
  exit 1
}
# expect WHAT ACTUAL WANTED
expect() { if [[ $2 == "$3" ]]; then ok "$1: $2"; else fail "$1: $2, expected $3"; fi; }

# must_be_lost WHAT LOG: mosquitto_pub, which wrote LOG, lost its connection, as a device of AWS IoT would.
must_be_lost() {
  local lost
  lost=$(grep 'The connection was lost' "$2") || fail "$1: $(cat "$2")"
  ok "$1: $lost"
}
# why CLIENT_ID: what the emulator says about its last refusal.
why() {
  curl -fsS "$endpoint/_iot/refusals" |
    jq -r --arg id "$1" '[.refusals[] | select(.clientId == $id)] | first | "\(.refusal): \(.cause)"'
}
certificate_id() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1; }
