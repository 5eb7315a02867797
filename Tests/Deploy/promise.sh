# What the parts of Tests/Deploy/run.sh say of each promise. Sourced.
#
#   promise WORDS COMMAND...    kept if the command succeeds; the last that it wrote is shown if not
#   essential WORDS COMMAND...  the same, and ends the run if it is broken, since nothing after it would say anything
#   until_true COMMAND...       asks until the command succeeds, for at most TRY_SECONDS

TRY_SECONDS=60
PASSED=0
FAILED=0

promise() {
  local words=$1 output
  shift
  if output=$("$@" 2>&1); then
    PASSED=$((PASSED + 1))
    echo "ok      $words"
  else
    FAILED=$((FAILED + 1))
    printf 'FAILED  %s\n        %s\n%s\n' "$words" "$*" "$(tail -n 15 <<<"$output" | sed 's/^/        | /')"
    return 0
  fi
}

essential() {
  local failed=$FAILED
  promise "$@"
  [ "$FAILED" -eq "$failed" ] || exit 1
}

until_true() {
  local deadline=$((SECONDS + TRY_SECONDS))
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# equal A B: and says which they are if not.
equal() { [ "$1" = "$2" ] || { printf 'got:      %s\nexpected: %s\n' "$1" "$2"; return 1; }; }

not() { ! "$@"; }

# promises_kept: the closing line; 1 if one was broken.
promises_kept() {
  echo "$PASSED passed, $FAILED failed"
  [ "$FAILED" -eq 0 ]
}
