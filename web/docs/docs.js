// Shows the description of the API, and lets it be tried with a credential of one's own.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  // Nothing is asked of anyone else.
  validatorUrl: null,
  queryConfigEnabled: false,
});
