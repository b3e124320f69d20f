/** What is said beside the reasons when no machine could make room either. */
export function describePreemption(total: number): string {
  const why = "No preemption victims found for incoming pod";
  return `preemption: 0/${total} nodes are available: ${total} ${why}.`;
}

/**
 * Says why no machine took a pod, as kube-scheduler does in its FailedScheduling events:
 *
 *     0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.
 *
 * @param reasons - Machines by the filter that they failed.
 * @param total - Machines that answered or should have.
 */
export function describeFailure(reasons: ReadonlyMap<string, number>, total: number): string {
  const parts = [...reasons].map(([filter, count]) => `${count} ${filter}`).toSorted();
  if (parts.length === 0) return `0/${total} nodes are available: no node answered.`;
  return `0/${total} nodes are available: ${parts.join(", ")}.`;
}
