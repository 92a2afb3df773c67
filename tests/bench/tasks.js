// Runs before every page's own scripts and keeps the tasks that held the main thread up for 50 ms and longer.
window.benchTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) window.benchTasks.push({ start: startTime, took: duration });
}).observe({ type: "longtask", buffered: true });
