/** The header that says up to which change an answer knows a list, or which change a write has made. */
export const CHANGE_POSITION = 'Change-Position';
