(function () {
  "use strict";
  var options = __OPTIONS__;

  function element(name, attributes, children) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) {
      if (key === "text") made.textContent = attributes[key];
      else made.setAttribute(key, attributes[key]);
    });
    (children || []).forEach(function (child) {
      made.appendChild(child);
    });
    return made;
  }

  function field(tag, name, label, value, extra) {
    var attributes = { name: name, required: "", style: "display:block;width:100%;box-sizing:border-box;margin:4px 0 12px;padding:8px;font:inherit;border:1px solid #c6becf;border-radius:4px" };
    Object.keys(extra).forEach(function (key) {
      attributes[key] = extra[key];
    });
    var input = element(tag, attributes);
    input.value = value;
    return element("label", { style: "display:block" }, [element("span", { text: label }), input]);
  }

  var message = element("p", { role: "status", style: "min-height:1.4em;margin:0 0 12px" });
  var submit = element("button", { type: "submit", text: options.labelSubmit, style: "font:inherit;padding:8px 16px" });
  var close = element("button", { type: "button", text: options.labelClose, style: "font:inherit;padding:8px 16px;margin-left:8px" });
  var form = element("form", { style: "background:#fff;color:#1d1127;font:15px/1.4 system-ui,sans-serif;max-width:480px;margin:8vh auto;padding:24px;border-radius:8px" }, [
    element("h2", { text: options.title, style: "margin:0 0 4px" }),
    element("p", { text: options.subtitle + " " + options.subtitle2, style: "margin:0 0 16px" }),
    field("input", "name", options.labelName, options.name, { type: "text", autocomplete: "name" }),
    field("input", "email", options.labelEmail, options.email, { type: "email", autocomplete: "email" }),
    field("textarea", "comments", options.labelComments, "", { rows: "5" }),
    message,
    submit,
    close
  ]);
  var page = element("div", { role: "dialog", "aria-modal": "true", "aria-label": options.title, style: "position:fixed;inset:0;z-index:2147483647;overflow:auto;background:rgba(29,17,39,.6)" }, [form]);

  function remove() {
    if (page.parentNode) page.parentNode.removeChild(page);
    document.removeEventListener("keydown", onKey);
    window.postMessage("__sentry_reportdialog_closed__", "*");
  }
  function onKey(event) {
    if (event.key === "Escape") remove();
  }
  close.addEventListener("click", remove);
  document.addEventListener("keydown", onKey);

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    submit.disabled = true;
    var pairs = ["name", "email", "comments"].map(function (name) {
      return name + "=" + encodeURIComponent(form.elements.namedItem(name).value);
    });
    var request = new XMLHttpRequest();
    request.open("POST", options.endpoint);
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.onload = function () {
      submit.disabled = false;
      if (request.status === 200) {
        message.textContent = options.successMessage;
        submit.hidden = true;
      } else {
        message.textContent = request.status === 400 ? options.errorFormEntry : options.errorGeneric;
      }
    };
    request.onerror = function () {
      submit.disabled = false;
      message.textContent = options.errorGeneric;
    };
    request.send(pairs.join("&"));
  });

  document.body.appendChild(page);
  form.elements.namedItem("name").focus();
})();
