/** Requests to the admin API. The session is in a cookie that this script cannot read. */

/** An error as the server told it: its code and one sentence. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The answer as JSON. @throws ApiError; status 0 where there was no answer. */
export async function ask(path, { method = 'GET', body } = {}) {
  const headers = { 'X-Sallyport': '1', ...(body && { 'Content-Type': 'application/json' }) };
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), credentials: 'same-origin' });
  } catch {
    throw new ApiError(0, '', 'Sallyport does not answer. Is it still running?');
  }
  const value = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, value.code ?? '', value.detail ?? `status ${response.status}`);
  return value;
}
