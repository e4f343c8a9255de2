// The last line of a test run: `N passed, N failed`. A file that fails without a failing test of its
// own (it throws on import, say) and an error outside of any test count as one failure each.

export default class Tally {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") own++;
        else skipped++;
      }
      failed += own === 0 && module.state() === "failed" ? 1 : own;
    }
    const line = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
    process.on("exit", () => console.log(line));
  }
}
