// Notes from a desk on a record, as the texts of batches with one entry each.
const [count, record, kindVersion, installation, author] = arguments;
const batches = [];
for (let seq = 1; seq <= count; seq++) {
  const content = inOrder({
    id: id(),
    record,
    kind: "dispute",
    kind_version: kindVersion,
    author,
    noted_at: "2026-11-22T09:30:00+08:00",
    basis: seq,
    action: { type: "note", text: `请村里核实后回复(第${seq}次)。` },
  });
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(content)));
  batches.push(JSON.stringify({ entries: [{ installation, seq, digest, content }] }));
}
return batches;
