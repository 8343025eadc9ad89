/** Who comes by a link: their subject is the thumbprint of their key, and no authority vouches for them. */

/** What a guest's subject begins with. */
export const GUEST = "urn:teleborne:guest:";

/** Whether an authority vouches for who it is. @param {{subject: string}} entry */
export const attested = ({ subject }) => !subject.startsWith(GUEST);
