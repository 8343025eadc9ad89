/** The kiosk's words in English; the same keys as fr.js. */

/** @type {import("./fr.js").Text} */
export const text = {
  language: "en",
  title: "Téléborne",
  step: "Step {at} of {of}",
  decimal: ".",
  someone: "somebody",
  Someone: "Somebody",

  bar: { back: "Back", comfort: "Language and comfort", help: "Help", emergency: "Emergency" },

  acts: {
    touch: "Start",
    french: "Français",
    english: "English",
    large: "Large text",
    contrast: "Contrast",
    yes: "Yes",
    no: "No",
    explain: "Explain",
    continue: "Continue",
    done: "Done",
    skip: "Skip",
    stop: "Stop",
    redo: "Do it again",
    finish: "Finish",
    here: "Yes",
    "not-urgent": "Not urgent",
    cancel: "Cancel",
    help: "Call {helper}",
    "back@refused": "Change my mind",
    "continue@explain": "I understand",
    "continue@offline": "Measure",
    "finish@offline": "Leave",
    "skip@do-scale": "I cannot",
    "finish@still-there": "I am done",
    "redo@unsaved": "Try again",
  },

  screens: {
    idle: { title: "Touch the screen to start.", more: "Take your readings. Your doctor may see them." },
    language: { title: "Choose your language." },
    comfort: { title: "Choose your language." },
    safety: { title: "Do you have any of these signs?" },
    consent: { title: "May the doctor see your readings?", more: "You may say no." },
    explain: { title: "This is what we keep." },
    refused: { title: "All right. We measure nothing.", more: "Nothing is kept here." },
    offline: { title: "No internet. Your readings stay here.", more: "They leave when the internet is back." },
    "do-scale": {
      title: "Step on scale {sticker}, barefoot.",
      more: "Stand straight. Keep still.",
      hint: "Step down, then step up again slowly.",
    },
    "do-temp": {
      title: "Put thermometer {sticker} on your forehead.",
      more: "Then press its button.",
      hint: "Keep your forehead dry. Press again.",
    },
    "do-oxi": {
      title: "Put a finger in clip {sticker}.",
      more: "Rest your hand on the table.",
      hint: "Rub your hands. Put the finger back.",
    },
    "do-cuff": {
      title: "Put cuff {sticker} on your bare arm.",
      more: "Sit down. Put your feet flat.",
      hint: "Tighten the cuff. One finger should fit.",
    },
    rest: { title: "Stay seated. Rest a little.", more: "Uncross your legs. Do not talk.", left: "{minutes} left" },
    "device-wait": {
      title: "Press the button of the device.",
      more: "Then keep still.",
      hint: "Press once more, firmly.",
    },
    live: { title: "Keep still. Do not talk.", more: "If it hurts, press the button of the device." },
    result: { title: "{result} It is saved.", more: "A doctor will look at this number." },
    again: { title: "Once more.", more: "This is reading {at} of {of}." },
    retry: { title: "Once more. Breathe gently.", more: "It does not matter." },
    failed: { title: "The device does not work. We go on.", more: "It is not your fault." },
    unsaved: { title: "Not saved. {Helper} is coming.", more: "Stay here. The booth is ringing." },
    skip: { title: "All right. We go on." },
    goodbye: { title: "Goodbye. We erase everything here.", more: "Thank you for your visit." },
    "still-there": { title: "Are you still there?", more: "If not, we erase everything." },
    emergency: { title: "Call 15 or 112." },
    "help-called": { title: "We are calling {helper}.", more: "Stay here. The booth is ringing.", hint: "Nobody? Call {phone}." },
    "out-of-service": { title: "The booth is out of order.", more: "In an emergency, call 15 or 112." },
  },

  signs: { chest: "Pain in the chest", breath: "Hard to breathe", face: "Weak face or arm", blood: "A lot of blood" },

  explained: [
    ["Who?", "The doctor of the remote consultation."],
    ["What?", "Weight, temperature, oxygen, blood pressure."],
    ["How long?", "As long as your care needs. Here, all is erased."],
  ],

  numbers: [
    ["15", "The emergency doctor"],
    ["112", "Any emergency"],
    ["114", "By text message, if you cannot hear"],
  ],
  here: "You are here:",

  offline: "No internet. Your readings stay here.",
  online: "The internet is back.",
  received: "Reading received",

  results: {
    cuff: "Blood pressure: {systolic} over {diastolic}.",
    scale: "Weight: {weight} {unit}.",
    thermometer: "Temperature: {temperature} {unit}.",
    oximeter: "Oxygen: {spo2} {unit}.",
  },
  beside: "Pulse: {pulse} a minute",
  live: { cuff: "The cuff is tightening", oximeter: "Oxygen", scale: "Weight", thermometer: "Temperature" },
  minutes: "{minutes} min {seconds} s",
};
