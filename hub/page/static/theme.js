// Runs before anything is drawn, so that no page flashes in the wrong theme.
"use strict";
(() => {
  const kept = localStorage.getItem("plugfest-theme");
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
})();
