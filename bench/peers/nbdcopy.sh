# nbdcopy over TLS, measured: copies the disk to nowhere until the time is up, and prints what it moved as JSON.
# nbdcopy.sh tls FOLDER read SIZE IN-FLIGHT SECONDS WARM-UP
set -eu
folder=$2 size=$4 in_flight=$5 seconds=$6
disk=268435456
uri="nbds+unix:///?socket=$folder/socket&tls-certificates=$folder"
now() { date +%s.%N; }
start=$(now)
bytes=0
while [ "$(echo "$(now) < $start + $seconds" | bc)" = 1 ]; do
  nbdcopy --connections=1 --requests="$in_flight" --request-size="$size" "$uri" null:
  bytes=$((bytes + disk))
done
printf '{"bytes":%s,"requests":%s,"seconds":%s}\n' "$bytes" "$((bytes / size))" "$(echo "$(now) - $start" | bc | sed 's/^\./0./')"
