/** The words of the front page, in English: the same keys as fr.js. @type {typeof import("./fr.js").words} */
export const words = {
  "doors-title": "A booth near you, a doctor far away",
  "doors-lead": "Which door is yours?",
  "door-booth": "The booth",
  "door-booth-text": "At the town hall or the pharmacy. Touch its screen: it guides you.",
  "door-booth-open": "Open the demonstration booth",
  "door-booth-open-text": "Take your readings. The booth guides you.",
  "door-physician": "For physicians",
  "door-physician-text": "Your patients’ latest readings, live.",
  "door-citizen": "My health notebook",
  "door-citizen-text": "Your readings and how they change, at home.",
  "doors-programs": "Are you writing a program?",
  "doors-programs-text": "The interface is FHIR R4, with OAuth (SMART).",
  "doors-programs-link": "See what the server can do",
  "demo-note": "This is a demonstration. People and readings are invented.",
};
