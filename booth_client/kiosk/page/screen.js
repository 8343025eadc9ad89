/** What the booth says that is to be shown (booth_client/kiosk/screen.py). Types only: no page loads this file. */

export {};

/** @typedef {{name: string, value: string | null, unit: string, beyond?: "high" | "low" | null}} Value `beyond`: the device reads HI or LO */
/** @typedef {"scale" | "thermometer" | "oximeter" | "cuff" | "analyser" | "glucometer" | "strap" | "sensor"} Device */
/** @typedef {keyof import("./fr.js").Text["screens"]} Name */

/**
 * @typedef {object} Screen as the booth sends it (booth_client/kiosk/screen.py)
 * @property {number} screen
 * @property {Name} state
 * @property {"fr" | "en"} language
 * @property {boolean} large
 * @property {boolean} contrast
 * @property {string[]} acts
 * @property {{at: number, of: number} | null} step
 * @property {Device | null} device
 * @property {number | null} sticker
 * @property {boolean} hint
 * @property {boolean} online
 * @property {"closed" | "revoked" | null} shut that an operator wants it, or why the gateway does not believe this booth
 * @property {boolean} resumed whether the booth had stopped in the middle
 * @property {number | null} seconds
 * @property {{at: number, of: number}} round
 * @property {"moved" | "loose" | "posture" | "signal" | "drop" | "strip" | null} trouble why it is done once more, as the device says
 * @property {"left" | "right" | null} arm that the cuff goes on
 * @property {boolean} recheck whether the clip is asked for again: its pulse was not the cuff's
 * @property {boolean} mean whether the values are the mean of the last two
 * @property {Value[]} values
 * @property {{name: string | null, phone: string | null}} helper
 * @property {{name: string, address: string | null, telephone: boolean}} place `telephone`: one stands beside the booth
 * @property {{size: number, path: string} | null} text the code that writes the message to 114, on its own screen only
 * @property {boolean} card whether a card is in the reader
 * @property {boolean} helped whether a helper looks at the screen: nothing of the person is on it
 * @property {string | null} mode the helper's name, while it is their mode
 * @property {number} typed how many digits of a helper's code were typed
 * @property {"wrong" | "wait" | null} wrong why a code does not open
 * @property {boolean | null} cleaned whether a disinfection could be written down just now
 * @property {boolean} visits whether a physician can be seen here
 * @property {number} page of the reasons
 * @property {{name: string, age: number | null} | null} person who is asked whether it is them
 * @property {"parent" | "relative" | "carer" | null} companion as what somebody else speaks for them
 * @property {boolean} again whether the card could not be read
 * @property {"unknown" | "early" | "expired" | "used" | "incomplete" | "offline" | null} unread why the code named nobody
 * @property {"readings" | "visit" | "share"} topic what is explained
 * @property {Record<string, boolean>} agreed what was said to each thing, on its own screen only
 * @property {"since" | "allergies" | "medicines" | "pregnant" | "oxygen" | null} question
 * @property {string | null} called the number to be called back at
 * @property {{at: string, days: number, weekday: number} | null} opens when physicians are there again
 * @property {{digits: string, missing: number | null} | null} phone what was typed, on its own screen only
 * @property {Visit | null} visit
 */

/**
 * How the visit with a physician stands.
 * @typedef {object} Visit
 * @property {"asked" | "coming" | "well" | "sound" | "lost" | "stopped" | "writing" | "reported" | "over"} stage
 * @property {boolean} connected
 * @property {number | null} before
 * @property {[number, number] | null} minutes
 * @property {boolean} late
 * @property {string | null} name the proved one
 * @property {string | null} digits the six of the proved connection, on their own screen only
 * @property {boolean} ready
 * @property {boolean} minute
 * @property {boolean} sound
 * @property {boolean} camera
 * @property {Device | null} device
 * @property {{what: "listen" | "camera", spot: string | null, sticker: number} | null} exam
 * @property {boolean} paper whether the physician wants to see one
 * @property {{number: number, sheets: number, at: number, part: number | null} | null} file the document that is shown; part: of an enlarged sheet
 * @property {boolean} quiet whether the loudspeaker is off
 * @property {string | null} text what the physician writes
 * @property {number | null} pages
 * @property {boolean} unprinted
 * @property {boolean} both
 * @property {{size: number, path: string} | null} code
 * @property {Other[]} others who joined the talk
 * @property {{name: string | null, part: Part, digits: string | null} | null} third whom a question is about
 */

/** @typedef {"interpreter" | "helper" | "relative" | "specialist"} Part */
/** @typedef {{peer: string, name: string | null, part: Part, known: boolean}} Other */
