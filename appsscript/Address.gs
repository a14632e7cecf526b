/** The service's address as a person types it: pure code. */

/**
 * @param {string} typed
 * @return {{address?: string, wrong?: string}} The origin without a slash at its end, or what is wrong.
 */
function readAddress_(typed) {
  const text = String(typed || '').trim();
  if (!text) return { wrong: 'Enter the address that your administrator gave you.' };
  const found = /^(https?):\/\/([A-Za-z0-9.-]+)(:[0-9]{1,5})?\/?$/.exec(text);
  if (!found) return { wrong: 'Enter an address like https://rowmill.example.com, without anything behind it.' };
  const scheme = found[1];
  const host = found[2].toLowerCase();
  const here = host === '127.0.0.1' || host === 'localhost';
  if (scheme === 'http' && !here) return { wrong: 'The address has to begin with https://.' };
  return { address: scheme + '://' + host + (found[3] || '') };
}
