// Follows a snippet of the guide, which defines `order(token)`.
const assert = require("node:assert");

async function admin(method, path, body) {
  const url = process.env.SIMULATOR + "/_simulator" + path;
  const response = await fetch(url, { method, body: body && JSON.stringify(body) });
  return response.json();
}

async function fails(token) {
  try {
    await order(token);
  } catch (error) {
    return `${error.code} ${error.message}`;
  }
  throw new Error("the order did not fail");
}

(async () => {
  // An order, and the same again: one order.
  const first = await order("token-1");
  assert.ok(first);
  assert.strictEqual(await order("token-1"), first);
  // A lost response: the order exists, and its token finds it.
  await admin("POST", "/reset");
  await admin("POST", "/faults", { kind: "close_before_response", after_processing: true });
  await fails("token-2");
  const found = await order("token-2");
  const { orders } = await admin("GET", "/orders");
  assert.deepStrictEqual(orders.map((it) => it.order_id), [found]);
  // Throttling: an error that names itself, and no order.
  await admin("POST", "/reset");
  await admin("POST", "/faults", { kind: "throttled", retry_after_ms: 1 });
  assert.match(await fails("token-3"), /hrottling/);
  assert.deepStrictEqual((await admin("GET", "/orders")).orders, []);
  assert.ok(await order("token-3"));
  console.log("done");
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
