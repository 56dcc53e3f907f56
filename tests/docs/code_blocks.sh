# What the code blocks of the documentation run in: the first command that fails ends it, and so does everything behind it.
set -Eeuo pipefail
block=0
trap 'echo "block $block failed" >&2' ERR
trap 'jobs -p | xargs -r kill 2> /dev/null || true' EXIT
curl() { command curl --silent --show-error --fail-with-body "$@"; }

# Wait until the server of the last job has written `ready`, then stop it.
served() {
  local server=$!
  until [ -s ready ]; do kill -0 "$server"; sleep 0.05; done
  kill "$server"
  wait "$server"
}

# An access token: of a partner for the Facade and Messaging, of a customer for FHIR, of an app for a patient.
token() {
  case $1 in
    partner) curl -u letterbox-facade:letterbox-Secret-2026 -d grant_type=client_credentials "$PKB_SANDBOX_URL/api/oauth/token" ;;
    customer) curl -u northmoor-fhir:northmoor-Secret-2026 -d grant_type=client_credentials \
      "$PKB_SANDBOX_URL/auth/realms/pkb/protocol/openid-connect/token" ;;
    app) curl -d grant_type=authorization_code -d client_id=stepwise-diary -d redirect_uri=http://localhost:8400/done \
      -d "code=$(approved | value_of code)" "$PKB_SANDBOX_URL/apiToken.action" ;;
  esac | value_of access_token
}

approved() {
  curl "$PKB_SANDBOX_URL/_sandbox/users/4c86625f-13d7-423c-93e9-d58574a12dec/approve" \
    -d '{"client_id": "stepwise-diary", "redirect_uri": "http://localhost:8400/done"}'
}

value_of() { sed "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/"; }

# The id of the newest exchange.
newest() { curl "$PKB_SANDBOX_URL/_sandbox/exchanges?limit=1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["exchanges"][-1]["id"])'; }

# A SOAP envelope for the HL7 API.
envelope() {
  echo '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="http://wsssl.hl7api.patientsknowbest.com/">'
  echo '<s:Body><w:acceptMessage><arg0>MSH|^~\&amp;|</arg0></w:acceptMessage></s:Body></s:Envelope>'
}
