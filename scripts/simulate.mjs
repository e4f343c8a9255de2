import { drawHistory, simulate } from "../packages/core/src/testing/simulation/simulate.ts";
import { shrink } from "../packages/core/src/testing/simulation/shrink.ts";
const first=Number(process.argv[2]??1), n=Number(process.argv[3]??100);
let bad=0, ev=0; const t=performance.now();
for(let s=first;s<first+n;s++){ const h=drawHistory(s); const o=await simulate(h); ev+=o.events; if(o.failures.length){bad++; console.log("SEED",s,h.profile.faults.join(","),o.failures[0].slice(0,300)); if(n===1) { const sh=await shrink(h); const o2=await simulate(sh,{verbose:!!process.env.V}); console.log(JSON.stringify(h.profile)+"\n"+o2.log.join("\n"));}}}
console.log({bad,n,ev,ms:(performance.now()-t)/n});
