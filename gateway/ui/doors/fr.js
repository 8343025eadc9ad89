/** Les mots de la page d’accueil, en français. */

export const words = {
  "doors-title": "Une borne près de chez vous, un médecin à distance",
  "doors-lead": "Par où voulez-vous entrer ?",
  "door-booth": "La borne",
  "door-booth-text": "À la mairie ou à la pharmacie. Touchez son écran : elle vous guide.",
  "door-booth-open": "Ouvrir la borne de démonstration",
  "door-booth-open-text": "Prenez vos mesures. La borne vous guide.",
  "door-physician": "Espace médecin",
  "door-physician-text": "Les dernières mesures de vos patients, en direct.",
  "door-citizen": "Mon carnet",
  "door-citizen-text": "Vos mesures et leur évolution, chez vous.",
  "doors-operator": "Vous gérez les bornes ?",
  "doors-operator-text": "Le parc dit comment va chaque borne, et rien des personnes.",
  "doors-operator-link": "Ouvrir le parc",
  "doors-programs": "Vous écrivez un programme ?",
  "doors-programs-text": "L’interface est FHIR R4, avec OAuth (SMART).",
  "doors-programs-link": "Voir ce que le serveur sait faire",
  "demo-tray": "Cartes et codes à essayer à la borne",
  "demo-note": "Ceci est une démonstration. Les personnes et les mesures sont inventées.",
};
