// The first form begins with the browser's own time zone, unless one was chosen already; without a script it is UTC.

const choice = document.getElementById("time_zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (choice.value === "UTC" && !choice.dataset.sent && [...choice.options].some(({ value }) => value === own)) choice.value = own;
