// Lines to read aloud for a reference in each emotion, about eight seconds each. Italian.
export default {
  neutral: 'La biblioteca apre alle nove e chiude alle sei. Le mappe si trovano al secondo piano, accanto alla finestra che dà sulla piazza.',
  happy: 'È arrivata la lettera, e hanno detto di sì! Si parte sabato. Chiama tua sorella, apri la bottiglia buona: stasera si festeggia!',
  sad: 'Il suo cappotto è ancora appeso dietro la porta. Mi dico sempre che lo metterò via, e ogni mattina trovo un motivo per lasciarlo lì.',
  angry: 'Te l’ho chiesto due volte. Due! E gli hai lasciato prendere le chiavi lo stesso. Hai un’idea di quanto ci costerà questa storia?',
  fearful: 'Hai sentito? C’è qualcuno sulle scale. Ti prego, non accendere la luce. Resta qui, vicino a me, e ascolta.',
  surprised: 'Aspetta, eri tu? Per tutto questo tempo i fiori li mandavi tu? Non ci sarei mai arrivato, nemmeno in cent’anni!',
  disgusted: 'Ma che cos’è questo odore? No, non aprirlo di nuovo. Sarà lì dentro da quest’estate. Non riesco nemmeno a guardarlo.',
  calm: 'Respira piano e lascia andare le spalle. Non c’è nessun posto dove andare, niente da finire. L’acqua è ferma, e anche tu.',
  excited: 'Comincia, comincia! Svelto, vieni qui, da questa parte si vede tutto il palco. Non ci credo, siamo qui davvero!',
  tender: 'Vieni qui, piccolino. Oggi sei stato così coraggioso. Adesso chiudi gli occhi: resto con te finché non ti addormenti, promesso.',
  whisper: 'Piano, piano. Dorme nella stanza accanto. Togliti le scarpe, seguimi, e attento al terzo gradino, che scricchiola sempre.',
  serious: 'Ascoltate con attenzione. Da stasera il ponte è chiuso a tutti. Chi ha la famiglia dall’altra parte venga a parlarci prima delle otto.',
  sarcastic: 'Ah, meraviglioso. Un’altra riunione per parlare della riunione. No, davvero, di venerdì sera non avevo niente di meglio da fare.',
  tired: 'Sono in piedi dalle cinque di stamattina. Fammi sedere un minuto. Qualunque cosa sia, può aspettare fino a domani?',
};
