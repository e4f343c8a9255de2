// Runs before the first paint, so that a chosen theme does not flash; the app itself changes it later.
(function () {
  try {
    const theme = localStorage.getItem("croft-demo/theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // No storage: the system's theme it is.
  }
})();
