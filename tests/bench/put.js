// The bare limit in the same page: strict puts of 1 kB into a database of its own, one transaction each. Answers with
// the milliseconds that each took until the browser reported its commit.
const [times] = arguments;
const database = await new Promise((resolve, reject) => {
  const request = indexedDB.open("bench", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("rows");
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const waits = [];
for (let i = 0; i < times; i++) {
  const bytes = crypto.getRandomValues(new Uint8Array(1024));
  const start = performance.now();
  await new Promise((resolve, reject) => {
    const transaction = database.transaction("rows", "readwrite", { durability: "strict" });
    transaction.objectStore("rows").put(bytes, `${Date.now()}-${i}`);
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  waits.push(performance.now() - start);
}
database.close();
return waits;
