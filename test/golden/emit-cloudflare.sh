#!/bin/sh
# Sallyport 0.1.0: 8 mitigations, made 2025-03-13T08:00:00Z from access.log, access.log.1.gz
# Decision hash 6f1c2a9be04d7733. Each mitigation names its id, its reason, its end, and whom it would hurt.
#
# Use: set CLOUDFLARE_API_TOKEN (Zone WAF: edit), ZONE_ID, and CUSTOM_RULESET_ID or RATELIMIT_RULESET_ID, the entry
# points of http_request_firewall_custom and http_ratelimit; or paste an expression into the dashboard.
# Undo: delete the rule whose name carries the id. Past its end a rule matches nothing and can be deleted.
# Rate limiting by address and time needs a plan whose rate limiting rules may use these fields.

# Cloudflare cannot see this; it is left to the application:
#   M-2b4fc3a429: step-up user mallory@example.com until 2025-03-13T09:00:00Z (60 min)
#   Why: enumeration, very likely (94 %). 612 different orders in an hour where 99.9 % stay within 9; 94 % of steps are +1; 71 % refused (F-8293041526)
#   Would hurt: nobody we can see; behind it: one identity (an authenticated user)

set -eu
api="https://api.cloudflare.com/client/v4/zones/$ZONE_ID/rulesets"

# M-585f82d7bb: block 203.0.113.77 until 2025-03-13T09:00:00Z (60 min)
# Why: credential-attack, near certain (> 99.9 %). 4,087 of 4,111 logins failed (99.4 %), where 20 % is usual (F-0a1b2c3d4e); 2,911 different users tried from one address within an hour; 99.9 % of addresses stay within 6 (F-1b2c3d4e5f)
# Would hurt: nobody we can see; behind it: one identity (hosting address, one agent)
# M-3ae58d1ec8: block 198.51.100.99 until 2025-03-13T09:00:00Z (60 min)
# Why: injection, near certain (99.3 %). JavaScript in the User-Agent: "><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\x1b]0;owned\x07\u202egnp.exe (F-6071829304)
# Would hurt: nobody we can see; behind it: one identity (hosting address, one agent)
# Expression: ip.src in {203.0.113.77 198.51.100.99} and http.request.timestamp.sec lt 1741856400
curl --fail --silent --show-error "$api/$CUSTOM_RULESET_ID/rules" \
  --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" --header "Content-Type: application/json" \
  --data @- <<'JSON'
{
  "description": "Sallyport M-585f82d7bb M-3ae58d1ec8: ends 2025-03-13T09:00:00Z, then delete",
  "expression": "ip.src in {203.0.113.77 198.51.100.99} and http.request.timestamp.sec lt 1741856400",
  "action": "block",
  "enabled": true
}
JSON

# M-70c6122043: block 198.51.100.23 until 2025-03-13T10:00:00Z (2 h)
# Why: probing, near certain (> 99.9 %). 498 of 518 requests asked for what this API never had, among them /.env, /backup.zip and /admin.php (F-2c3d4e5f60); SQL in the parameter "id": a quote, UNION SELECT and a comment to the end of the line (F-3d4e5f6071)
# Would hurt: nobody we can see; behind it: one identity (hosting address, one agent)
# Expression: ip.src in {198.51.100.23} and http.request.timestamp.sec lt 1741860000
curl --fail --silent --show-error "$api/$CUSTOM_RULESET_ID/rules" \
  --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" --header "Content-Type: application/json" \
  --data @- <<'JSON'
{
  "description": "Sallyport M-70c6122043: ends 2025-03-13T10:00:00Z, then delete",
  "expression": "ip.src in {198.51.100.23} and http.request.timestamp.sec lt 1741860000",
  "action": "block",
  "enabled": true
}
JSON

# M-e33414d7c1: challenge session s-9f31c2ab until 2025-03-13T09:00:00Z (60 min)
# Why: rotation, likely (81 %). one session came from 41 addresses in 22 networks within 30 min (F-7182930415)
# Would hurt: nobody we can see; behind it: one identity (a session)
# Expression: http.cookie contains "sid=s-9f31c2ab" and http.request.timestamp.sec lt 1741856400
curl --fail --silent --show-error "$api/$CUSTOM_RULESET_ID/rules" \
  --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" --header "Content-Type: application/json" \
  --data @- <<'JSON'
{
  "description": "Sallyport M-e33414d7c1: ends 2025-03-13T09:00:00Z, then delete",
  "expression": "http.cookie contains \"sid=s-9f31c2ab\" and http.request.timestamp.sec lt 1741856400",
  "action": "managed_challenge",
  "enabled": true
}
JSON

# M-aa4d0b663a: throttle 192.0.2.200 until 2025-03-13T09:00:00Z (60 min)
# Why: credential-attack, very likely (97 %). 103 of 119 logins failed (87 %), where 20 % is usual (F-5f60718293)
# Would hurt: 12 identities that did nothing; behind it: 40 to 400 identities (mobile network behind carrier NAT)
# M-c449e43339: throttle 2001:db8:4:12::/64 until 2025-03-13T09:00:00Z (60 min)
# Why: scraping, likely (78 %). read 18 % of the catalogue in a day and came back to 0.4 % of it (F-4e5f607182)
# Would hurt: nobody we can see; behind it: 1 to 4 identities (a household)
# M-150ba4504d: throttle software ExampleScanner/1.7 until 2025-03-13T09:00:00Z (60 min)
# Why: declared-tool, likely (72 %). names itself a vulnerability scanner (F-9304152637)
# Would hurt: nobody we can see; behind it: 1 to 30 identities (anyone with this software)
# Expression: (ip.src in {192.0.2.200 2001:db8:4:12::/64} or http.user_agent eq "ExampleScanner/1.7") and http.request.timestamp.sec lt 1741856400
curl --fail --silent --show-error "$api/$RATELIMIT_RULESET_ID/rules" \
  --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" --header "Content-Type: application/json" \
  --data @- <<'JSON'
{
  "description": "Sallyport M-aa4d0b663a M-c449e43339 M-150ba4504d: ends 2025-03-13T09:00:00Z, then delete",
  "expression": "(ip.src in {192.0.2.200 2001:db8:4:12::/64} or http.user_agent eq \"ExampleScanner/1.7\") and http.request.timestamp.sec lt 1741856400",
  "action": "block",
  "enabled": true,
  "ratelimit": {
    "characteristics": [
      "cf.colo.id",
      "ip.src"
    ],
    "period": 60,
    "requests_per_period": 30,
    "mitigation_timeout": 60
  }
}
JSON
