document.querySelector("#app").textContent = "…";
