/* Record CE: while the form is filled in, the server says what the entry would count for.
   The button "Preview" asks the same without this script. Nothing is recorded by it. */

(() => {
  const WAIT = 400; // milliseconds without a change before the server is asked
  const form = document.querySelector("form[data-preview]");
  const place = document.getElementById("preview-place");
  const said = document.getElementById("preview-said");
  const earned = document.getElementById("earned"); // what the number of units makes, beside it
  if (!form || !place || !said || !earned) return;

  let timer;
  let asking;
  let shownFor = ""; // the values of the preview on the page

  const show = (html, values = "") => {
    shownFor = values;
    place.innerHTML = html;
    said.textContent = place.querySelector("[data-said]")?.dataset.said || "";
    const now = place.querySelector("#earned-now");
    earned.textContent = now?.textContent || "";
    now?.remove();
  };

  const stop = () => {
    clearTimeout(timer);
    asking?.abort();
  };

  /* A type that is asked for its points may leave them to AMT. */
  const isFilledIn = (data) => {
    const hasPoints = data.get("points") || document.getElementById("amount")?.dataset.asks === "points";
    return Boolean(data.get("activity_type") && (data.get("quantity") || (hasPoints && data.get("starts_on"))));
  };

  const ask = async () => {
    const data = new FormData(form);
    if (!isFilledIn(data)) {
      show("");
      return;
    }
    data.set("preview", "1");
    const values = new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
    if (String(values) === shownFor) return;
    asking = new AbortController();
    try {
      // A session that has ended answers with a redirect: then there is no preview, and Submit leads to the sign-in.
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: values,
        redirect: "error",
        signal: asking.signal,
      });
      show(answer.ok ? await answer.text() : "", String(values));
    } catch (error) {
      if (error.name !== "AbortError") show("");
    }
  };

  const changed = (event) => {
    if (!event.target.name || event.target.name === "attested") return;
    stop();
    timer = setTimeout(ask, WAIT);
  };

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", stop);
  window.addEventListener("pagehide", stop);
})();
