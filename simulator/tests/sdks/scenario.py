# Follows a snippet of the guide, which defines `order(token)`.
import json, os, sys, urllib.request

def admin(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["SIMULATOR"] + "/_simulator" + path
    with urllib.request.urlopen(urllib.request.Request(url, data, method=method)) as response:
        return json.load(response)

def fails(token):
    try:
        order(token)
    except Exception as error:
        return str(error)
    sys.exit("the order did not fail")

# An order, and the same again: one order.
first = order("token-1")
assert first and order("token-1") == first, first
# A lost response: the order exists, and its token finds it.
admin("POST", "/reset")
admin("POST", "/faults", {"kind": "close_before_response", "after_processing": True})
fails("token-2")
found = order("token-2")
assert [it["order_id"] for it in admin("GET", "/orders")["orders"]] == [found]
# Throttling: an error that names itself, and no order.
admin("POST", "/reset")
admin("POST", "/faults", {"kind": "throttled", "retry_after_ms": 1})
assert "hrottling" in fails("token-3")
assert admin("GET", "/orders")["orders"] == []
assert order("token-3")
print("done")
