/** The pictures: one harbour per origin, with the user's boat or with its light off. The style sheet has the colours. */
import type { BerthId } from './harbour.ts';
import { type Html, html } from './html.ts';

const skylines: Readonly<Record<BerthId, Html>> = {
  // A cable-stayed bridge and low warehouses.
  eu: html`<path class="town" d="M0 104V84h22v-8h20v8h14v-16h10v36zM232 104V88h16v-10h22v10h16v-6h34v22z"/>
    <path class="line" d="M60 98h176M150 98l14-66 8 66M164 32l-72 66M164 34l-48 64M165 38l-26 60M165 34l58 64M165 38l34 60"/>`,
  // Towers.
  us: html`<path class="town" d="M14 104V70h18v34zM36 104V50h16v54zM58 104V62h20v42zM84 104V38h14l3-16 3 16h14v66zM124 104V58h18v46zM148 104V46h18v58zM172 104V68h22v36zM204 104V54h14v50zM224 104V76h22v28zM256 104V64h16v40zM282 104V82h24v22z"/>`,
  // A big wheel and the mountain behind it.
  ap: html`<path class="far" d="M150 104l62-62q10-7 20 0l66 62z"/><path class="snow" d="M203 51l9-9q10-7 20 0l10 9-8 5-7-5-7 6-8-6z"/>
    <circle class="line" cx="82" cy="62" r="34"/><path class="line" d="M82 28v68M48 62h68M58 38l48 48M106 38L58 86M82 62L66 104M82 62l16 42"/>
    <path class="town" d="M128 104V80h14v24zM14 104V82h20v22zM270 104V86h18v18z"/>`,
};

const boat = html`<g class="boat"><path class="sail" d="M150 62v44h-27q19-14 27-44z"/><path class="sail soft" d="M155 70v36h20q-14-12-20-36z"/>
  <path class="mast" d="M152.5 54v58"/><path class="flag" d="M153 54l13 4-13 5z"/><path class="hull" d="M112 111h80q-5 15-16 15h-48q-11 0-16-15z"/></g>`;

export function scene(id: BerthId, view: { yours: boolean; alive: boolean }): Html {
  return html`<svg class="scene" viewBox="0 0 320 150" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
    <rect class="sky" width="320" height="150"/>${skylines[id]}
    <path class="sea" d="M0 104h320v46H0z"/>
    <path class="wave" d="M-4 122q12-6 24 0t24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0"/>
    ${view.yours && view.alive && boat}
    <path class="wave low" d="M-16 136q12-6 24 0t24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0 24 0"/>
    <path class="quay" d="M236 112h84v38h-84z"/><path class="post" d="M250 112v-9h8v9zM296 112V70h6v42z"/>
    <circle class="glow" cx="299" cy="64" r="15"/><circle class="lamp" cx="299" cy="64" r="6"/>
    ${!view.alive && html`<path class="boom" d="M20 118h212"/>`}
  </svg>`;
}
