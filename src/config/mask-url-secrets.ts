/**
 * A URL without what may be secret in it: user and password, and the values of its query, become `***`.
 * Text that is no clear URL loses everything before its last `@` and after its first `?`: rather too much than a password.
 */
export function maskUrlSecrets(text: string): string {
  const url = URL.parse(text);
  if (url === null || !text.includes('://') || url.pathname.includes('@')) return maskUnclearText(text);
  if (url.username === '' && url.password === '' && url.search === '' && url.hash === '') return text;
  const userInfo = url.username === '' && url.password === '' ? '' : `${MASK}@`;
  return `${url.protocol}//${userInfo}${url.host}${url.pathname}${maskQuery(url.search)}`;
}

const MASK = '***';

function maskQuery(search: string): string {
  if (search === '') return '';
  const parts = search.slice(1).split('&');
  return `?${parts.map((part) => (part.includes('=') ? `${part.slice(0, part.indexOf('='))}=${MASK}` : MASK)).join('&')}`;
}

function maskUnclearText(text: string): string {
  const at = text.lastIndexOf('@');
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const withoutUser = at === -1 ? text : `${scheme}${MASK}${text.slice(at)}`;
  const query = withoutUser.indexOf('?');
  return query === -1 ? withoutUser : `${withoutUser.slice(0, query)}?${MASK}`;
}
