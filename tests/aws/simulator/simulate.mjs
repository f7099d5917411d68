// Simulations as a JSON list on standard input; on standard output for each what AWS would say.
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const answers = []
for (const simulation of JSON.parse(readFileSync(0, 'utf8'))) {
  const response = await runSimulation(simulation, {})
  answers.push(response.resultType === 'error' ? JSON.stringify(response.errors) : response.overallResult)
}
process.stdout.write(JSON.stringify(answers))
