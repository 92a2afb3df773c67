// Notes in `benchArrived`, by the clock on the wall, when each of so many more lines stands in the history.
const [wanted] = arguments;
const lines = () => document.querySelectorAll("main ol.timeline > li").length;
const before = lines();
window.benchArrived = [];
const look = () => {
  while (window.benchArrived.length < lines() - before) window.benchArrived.push(Date.now());
  if (window.benchArrived.length >= wanted) observer.disconnect();
};
const observer = new MutationObserver(look);
observer.observe(document, { childList: true, subtree: true });
