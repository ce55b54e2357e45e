# To be sourced. Networks and mirrors fail now and then: attempt COMMAND… tries three times, further and further apart.
attempt() {
  local pause
  for pause in 5 30 0; do
    if "$@"; then return 0; fi
    if [ "$pause" = 0 ]; then return 1; fi
    sleep "$pause"
  done
}
