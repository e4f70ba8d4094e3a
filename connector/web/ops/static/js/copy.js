// A button that copies the text that it names; without a clipboard the text is selected instead.
(() => {
  "use strict";
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy);
      const told = document.getElementById(`${button.dataset.copy}-copied`);
      try {
        await navigator.clipboard.writeText(text.value);
        told.textContent = "Copied.";
      } catch {
        text.focus();
        text.select();
        told.textContent = "Selected: copy it with Ctrl-C or ⌘C.";
      }
    });
  }
})();
