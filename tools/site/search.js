"use strict";

// find returns the sections that have all words of a query, those with the words in their title
// first and those of the changelog last, with the text around the first word.
function find(sections, query) {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word);
  if (!words.length) return [];
  const found = [];
  for (const section of sections) {
    const title = (section.page + " " + section.title).toLowerCase();
    const text = section.text.toLowerCase();
    if (!words.every((word) => title.includes(word) || text.includes(word))) continue;
    const at = Math.max(0, text.indexOf(words[0]));
    const from = Math.max(0, at - 60);
    found.push({
      section,
      score: words.filter((word) => title.includes(word)).length -
        (section.url.startsWith("CHANGELOG") ? words.length : 0),
      around: (from ? "…" : "") + section.text.slice(from, at + 100),
    });
  }
  found.sort((a, b) => b.score - a.score);
  return found.slice(0, 20);
}

if (typeof document === "undefined") {
  module.exports = { find };
} else {
  const query = document.getElementById("query");
  const list = document.getElementById("found");
  const show = () => {
    list.replaceChildren();
    for (const { section, around } of find(sections, query.value)) {
      const link = document.createElement("a");
      link.href = document.body.dataset.top + section.url;
      link.textContent = section.page + (section.title === section.page ? "" : ": " + section.title);
      const text = document.createElement("p");
      text.textContent = around;
      const item = document.createElement("li");
      item.append(link, text);
      list.append(item);
    }
  };
  query.addEventListener("input", show);
  query.form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = list.querySelector("a");
    if (first) first.click();
  });
}
