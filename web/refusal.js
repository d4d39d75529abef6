// Requests that don't succeed, as errors with a sentence for people. No DOM.

/** A request that the server refused, or that never reached it (`status` 0). */
export class ApiError extends Error {
  constructor(status, code, message, retryAfter = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    /** Seconds to wait before trying again, when the server said so. */
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get temporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The response of a request, or an `ApiError` if there is none or it is a refusal; refusals in `allowed` are responses, too. */
export async function respond(request, allowed = []) {
  let response;
  try {
    response = await request;
  } catch {
    throw new ApiError(0, "UNREACHABLE", "The server can't be reached. Check your connection and try again.");
  }
  if (!response.ok && !allowed.includes(response.status)) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const { code, message } = (await response.json().catch(() => null))?.error ?? {};
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  return new ApiError(response.status, code ?? "HTTP_ERROR", message ?? words(response.status), retryAfter);
}

function words(status) {
  if (status === 404) return "This conversation isn't there any more.";
  if (status === 410) return "This conversation has ended.";
  if (status === 429) return "That was a lot at once. Please wait a moment and try again.";
  if (status === 503) return "Every table is taken at the moment. Please try again shortly.";
  if (status >= 500) return "The server had a problem. Please try again.";
  return `The server refused the request (${status}).`;
}
