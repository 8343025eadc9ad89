/**
 * The kiosk's words in French: vous, verb first, at most 12 words, one idea a sentence, no acronym, no blame.
 * `{name}` is filled in; a no-break space stands before : ; ? ! and units.
 */

/** @typedef {typeof text} Text */

export const text = {
  language: "fr",
  title: "Téléborne",
  step: "Étape {at} sur {of}",
  decimal: ",",
  someone: "quelqu'un",
  Someone: "Quelqu'un",

  bar: { back: "Retour", comfort: "Langue et confort", help: "Aide", emergency: "Urgence" },

  acts: {
    touch: "Commencer",
    french: "Français",
    english: "English",
    large: "Gros texte",
    contrast: "Contraste",
    yes: "Oui",
    no: "Non",
    explain: "Expliquer",
    continue: "Continuer",
    done: "C'est fait",
    skip: "Passer",
    stop: "Arrêter",
    redo: "Refaire",
    finish: "Terminer",
    here: "Oui",
    "not-urgent": "Pas urgent",
    cancel: "Annuler",
    help: "Appeler {helper}",
    "back@refused": "Changer d'avis",
    "continue@explain": "J'ai compris",
    "continue@offline": "Mesurer",
    "finish@offline": "Partir",
    "skip@do-scale": "Je ne peux pas",
    "finish@still-there": "J'ai fini",
    "redo@unsaved": "Réessayer",
  },

  screens: {
    idle: { title: "Touchez l'écran pour commencer.", more: "Prenez vos mesures. Votre médecin peut les voir." },
    language: { title: "Choisissez votre langue." },
    comfort: { title: "Choisissez votre langue." },
    safety: { title: "Avez-vous un de ces signes ?" },
    consent: { title: "Le médecin peut voir vos mesures ?", more: "Vous pouvez dire non." },
    explain: { title: "Voici ce que nous gardons." },
    refused: { title: "D'accord. Nous ne mesurons rien.", more: "Rien n'est gardé ici." },
    offline: { title: "Internet est coupé. Vos mesures restent ici.", more: "Elles partent dès qu'Internet revient." },
    "do-scale": {
      title: "Montez sur la balance n° {sticker}, pieds nus.",
      more: "Restez droit. Ne bougez pas.",
      hint: "Descendez, puis remontez doucement.",
    },
    "do-temp": {
      title: "Mettez le thermomètre n° {sticker} sur le front.",
      more: "Puis appuyez sur son bouton.",
      hint: "Gardez le front sec. Appuyez encore.",
    },
    "do-oxi": {
      title: "Mettez un doigt dans la pince n° {sticker}.",
      more: "Posez la main sur la table.",
      hint: "Frottez vos mains. Remettez le doigt.",
    },
    "do-cuff": {
      title: "Mettez le brassard n° {sticker} sur le bras nu.",
      more: "Asseyez-vous. Posez les pieds à plat.",
      hint: "Serrez le brassard. Un doigt doit passer.",
    },
    rest: { title: "Restez assis. Reposez-vous.", more: "Décroisez les jambes. Ne parlez pas.", left: "Encore {minutes}" },
    "device-wait": {
      title: "Appuyez sur le bouton de l'appareil.",
      more: "Puis ne bougez plus.",
      hint: "Appuyez encore une fois, bien fort.",
    },
    live: { title: "Ne bougez pas. Ne parlez pas.", more: "Si vous avez mal, appuyez sur le bouton de l'appareil." },
    result: { title: "{result} C'est enregistré.", more: "Un médecin regardera ce chiffre." },
    again: { title: "Encore une fois.", more: "C'est la mesure {at} sur {of}." },
    retry: { title: "On recommence. Respirez doucement.", more: "Ce n'est pas grave." },
    failed: { title: "L'appareil ne marche pas. On continue.", more: "Ce n'est pas votre faute." },
    unsaved: { title: "Pas enregistré. {Helper} vient.", more: "Restez là. La borne sonne." },
    skip: { title: "D'accord. On passe à la suite." },
    goodbye: { title: "Au revoir. Nous effaçons tout ici.", more: "Merci de votre visite." },
    "still-there": { title: "Êtes-vous toujours là ?", more: "Sinon, nous effaçons tout." },
    emergency: { title: "Appelez le 15 ou le 112." },
    "help-called": { title: "Nous appelons {helper}.", more: "Restez là. La borne sonne.", hint: "Personne ? Appelez le {phone}." },
    "out-of-service": { title: "La borne ne marche pas.", more: "En urgence, appelez le 15 ou le 112." },
  },

  signs: { chest: "Mal à la poitrine", breath: "Du mal à respirer", face: "Visage ou bras faible", blood: "Beaucoup de sang" },

  explained: [
    ["Qui ?", "Le médecin de la téléconsultation."],
    ["Quoi ?", "Poids, température, oxygène, tension."],
    ["Combien de temps ?", "Le temps de vous soigner. Ici, tout est effacé."],
  ],

  numbers: [
    ["15", "Le médecin d'urgence"],
    ["112", "Toute urgence"],
    ["114", "Par SMS, si vous n'entendez pas"],
  ],
  here: "Vous êtes ici :",

  offline: "Internet est coupé. Vos mesures restent ici.",
  online: "Internet est revenu.",
  received: "Mesure reçue",

  results: {
    cuff: "Tension : {systolic} sur {diastolic}.",
    scale: "Poids : {weight} {unit}.",
    thermometer: "Température : {temperature} {unit}.",
    oximeter: "Oxygène : {spo2} {unit}.",
  },
  beside: "Pouls : {pulse} par minute",
  live: { cuff: "Le brassard serre", oximeter: "Oxygène", scale: "Poids", thermometer: "Température" },
  minutes: "{minutes} min {seconds} s",
};
