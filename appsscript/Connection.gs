/** Which service this document uses: kept in its properties, checked when set. */

const ADDRESS_PROPERTY = 'BACKEND_URL';
const INTRODUCED_PROPERTY = 'INTRODUCED';

/**
 * The document's own address, else the one an administrator set for every document of this script.
 * @return {string|null}
 */
function backendAddress_() {
  return (
    PropertiesService.getDocumentProperties().getProperty(ADDRESS_PROPERTY) ||
    PropertiesService.getScriptProperties().getProperty(ADDRESS_PROPERTY)
  );
}

/**
 * @param {string} typed
 * @return {Outcome}
 */
function connect_(typed) {
  const read = readAddress_(typed);
  if (!read.address) return { problem: problem_(422, 'address', 'Not an address', read.wrong || '') };
  const answered = send_(read.address, get_('/api/system', {}));
  if (answered.problem) return answered;
  if (!answered.data || typeof answered.data.service_account !== 'string') return { problem: notOurs_(200) };
  PropertiesService.getDocumentProperties().setProperty(ADDRESS_PROPERTY, read.address);
  return { data: { address: read.address } };
}

/** @return {boolean} Whether this person has read what is sent where. */
function introduced_() {
  return PropertiesService.getUserProperties().getProperty(INTRODUCED_PROPERTY) === '1';
}

function rememberIntroduced_() {
  PropertiesService.getUserProperties().setProperty(INTRODUCED_PROPERTY, '1');
}
