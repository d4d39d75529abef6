// On the pages to sign up and sign in: offers to keep what was said as a guest in this browser.

const field = document.getElementById("claim");
const box = field?.querySelector("input");
const token = guestToken();
if (box && token) {
  box.value = token;
  box.disabled = false;
  box.checked = "checked" in field.dataset;
  field.hidden = false;
}

/** The guest's token as the talk page keeps it, unless it has expired. */
function guestToken() {
  try {
    const { access_token, expires } = JSON.parse(localStorage.getItem("colloquy.guest")) ?? {};
    return expires > Date.now() ? access_token : null;
  } catch {
    return null;
  }
}
