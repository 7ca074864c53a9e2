"""Less work for the visitor's browser: what Gradio's script does at every event, only where somebody would see it.

At each step of each event (asked, answering, answered) Gradio 6 tells the state of loading to every component that has ever been input or
output of any event, and looks for each of them in the tree of all components. On a page of this size that took most of a processor core
while a run was watched, and a seventh of one while nothing happened. Almost all events here show no progress
(`show_progress="hidden"`): for those there is nothing to tell, nor twice that an answer has come.

`JS` wraps the one method that keeps those states. It finds the class by what it does, in the file that the page itself has loaded; in another
version of Gradio it may find nothing, and the page then works as before. A test in the browser says whether it still finds it.
"""

FOUND = "quiet"  # of the document's dataset, once it works

JS = """
async () => {
  const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
  for (const url of loaded.filter(name => /\\/assets\\/statustracker-[^/]*\\.js$/.test(name))) {
    const told = Object.values(await import(url)).map(one => one?.prototype).find(one => one?.resolve_args && one?.register && one?.update);
    if (!told || told.loud) continue;
    told.loud = told.update;
    told.update = function (event) {
      for (const [id, now] of Object.entries(this.current)) if (now.status === 'complete') delete this.current[id];
      if (this.show_progress[event.fn_index] !== 'hidden') this.loud(event);
    };
    document.documentElement.dataset.FOUND = 'yes';
  }
}
""".replace("FOUND", FOUND)
