// Batches of the sort that the app sends, as texts: 200 entries each, of an installation of its own.
const [count, installation, author] = arguments;
const entries = await makeEntries(count, installation, author, []);
const batches = [];
while (entries.length) batches.push(JSON.stringify({ entries: entries.splice(0, 200) }));
return batches;
