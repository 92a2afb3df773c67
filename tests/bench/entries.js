// Entries as the app makes them, many at once: patrols, each of which opens a record of its own. The functions here
// stand before other scripts.

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const sha256 = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

// Like the app's own ids: version 7, so that new rows lie together in a database.
const id = () => {
  const clock = Date.now().toString(16).padStart(12, "0");
  return `${clock.slice(0, 8)}-${clock.slice(8)}-7${crypto.randomUUID().slice(15)}`;
};

// As canonical JSON wants it: objects with their keys in order.
const inOrder = (value) =>
  value === null || typeof value !== "object" || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOrder(value[key])]));

// `attachments` are digests, the same for all.
const makeEntries = async (count, installation, author, attachments) => {
  const body = {
    patrol_kind: "grid",
    village: "513322100201",
    started_at: "2026-11-22T09:30",
    route: "村委会—后山—小学",
    finding: "found",
    finding_category: "fire",
    description: "小卖部门口电线老化,已请店主当天更换,并约定明天上午再来看一次。",
    on_site_result: "persuaded",
  };
  const entries = [];
  for (let seq = 1; seq <= count; seq++) {
    const content = inOrder({
      id: id(),
      record: id(),
      kind: "patrol",
      kind_version: 1,
      author,
      noted_at: "2026-11-22T09:30:00+08:00",
      basis: 0,
      action: { type: "open", body },
      ...(attachments.length && { attachments }),
    });
    const digest = await sha256(new TextEncoder().encode(JSON.stringify(content)));
    entries.push({ installation, seq, digest, content });
  }
  return entries;
};
