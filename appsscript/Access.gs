/** Sharing with the service account, and the proof that this person may edit this spreadsheet. */

/**
 * @param {string} email
 * @return {Outcome}
 */
function share_(email) {
  try {
    SpreadsheetApp.getActiveSpreadsheet().addEditor(email);
  } catch (refused) {
    return {
      problem: problem_(
        403,
        'cannot_share',
        'Google did not allow the script to share',
        'Your organisation may not allow it, or you may not be allowed to share this spreadsheet.'
      ),
    };
  }
  return { data: null };
}

/**
 * Only someone who may edit can write developer metadata, so the service, which finds its one-time word
 * there, knows that the person may edit exactly this spreadsheet. No token of theirs leaves Google.
 * @return {Outcome}
 */
function proveEdit_() {
  const id = spreadsheetId_();
  const challenge = ask_(post_('/api/access/challenges', { spreadsheet_id: id }));
  if (!challenge.data) return challenge;
  try {
    SpreadsheetApp.getActiveSpreadsheet().addDeveloperMetadata(
      challenge.data.metadata_key,
      challenge.data.nonce,
      SpreadsheetApp.DeveloperMetadataVisibility.DOCUMENT
    );
  } catch (refused) {
    return {
      problem: problem_(
        403,
        'read_only',
        'You can read this spreadsheet but not edit it',
        'Ask its owner for the right to edit, then open the sidebar again.'
      ),
    };
  }
  const granted = ask_(post_('/api/access/grants', { spreadsheet_id: id, nonce: challenge.data.nonce }));
  if (granted.problem) {
    return { problem: Object.assign({}, granted.problem, { serviceAccount: challenge.data.service_account }) };
  }
  return { data: Object.assign({}, granted.data, { service_account: challenge.data.service_account }) };
}
