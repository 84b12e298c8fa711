// Buttons, text and paper together decide which statements are shown. Without it all are.
(() => {
  const claims = document.getElementById("claims");
  const rows = [...claims.querySelectorAll("tr[data-group]")];
  const words = rows.map((row) => row.textContent.toLowerCase());
  const buttons = [...claims.querySelectorAll("button[data-show]")];
  const form = claims.querySelector("form");
  const status = claims.querySelector("[role=status]");
  let group = "";

  function show() {
    const text = form.elements.text.value.trim().toLowerCase();
    const paper = form.elements.paper.value;
    rows.forEach((row, i) => {
      const fits = !group || row.dataset.group === group;
      row.hidden = !(fits && (!paper || row.dataset.paper === paper) && words[i].includes(text));
    });
    buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.show === group)));
    const shown = rows.filter((row) => !row.hidden).length;
    status.textContent = `${shown} of ${rows.length} statements are shown.`;
  }

  function reveal() { // the row that a link leads to, also if it was filtered out
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row || !row.hidden) return;
    group = "";
    form.reset();
    show();
    row.scrollIntoView();
  }

  buttons.forEach((button) => {
    button.disabled = false;
    button.addEventListener("click", () => {
      group = button.dataset.show === group ? "" : button.dataset.show;
      show();
    });
  });
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
})();
