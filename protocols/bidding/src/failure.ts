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
